resource "terraform_data" "base" {
}

resource "terraform_data" "user" {
  count = 2
  input = terraform_data.base.output
}

resource "terraform_data" "former" {
}

resource "terraform_data" "other" {
  input = terraform_data.base.output
}

module "m" {
  source = "../m"
  count  = 2
}
