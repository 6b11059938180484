resource "terraform_data" "other" {}

locals {
  number = 1
}

resource "terraform_data" "counted" {
  count = 0
  input = [local.number, terraform_data.other.id, {}.x]
}

resource "terraform_data" "keyed" {
  for_each = {}
  input    = upper(terraform_data.other.id, 2)
}
