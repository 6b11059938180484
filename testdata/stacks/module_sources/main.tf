module "registry" {
  source = "terraform-aws-modules/vpc/aws"
}

module "git" {
  source = "git::https://example.com/network.git?ref=v1"
}

module "versioned" {
  version = "1.0.0"
  source  = "example.com/team/net/cloud"
}
