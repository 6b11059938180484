terraform {
  required_providers {
    terraform = {
      source                = "terraform.io/builtin/terraform"
      configuration_aliases = [terraform.there]
    }
  }
}

resource "terraform_data" "a" {
  provider = terraform.there
}
