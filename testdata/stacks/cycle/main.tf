locals {
  a = local.b
  b = local.c
  c = local.a
}

resource "terraform_data" "x" {
  input = terraform_data.y.output
}

resource "terraform_data" "y" {
  input = terraform_data.x.output
}

resource "terraform_data" "self" {
  input = terraform_data.self.id
}
