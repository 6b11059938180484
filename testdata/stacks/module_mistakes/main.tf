module "registry" {
  source  = "example/network/cloud"
  version = "1.0.0"
}

module "repository" {
  source = "git::https://example.com/network.git"
}

module "versioned" {
  source  = "./m"
  version = "1.0.0"
}

module "blocks" {
  source = "./m"
  lifecycle {
    prevent_destroy = true
  }
  settings {
  }
}

module "providers" {
  source = "./m"
  providers = {
    terraform = terraform.nowhere
  }
}

module "computed" {
  source = local.path
}

locals {
  path = "./m"
}
