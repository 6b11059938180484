resource "terraform_data" "first" {}

module "m" {
  source     = "./m"
  depends_on = [terraform_data.first]
}

resource "terraform_data" "last" {
  depends_on = [module.m]
}

variable "i" {
  default = 0
}

module "many" {
  source = "./m"
  count  = 1
}

resource "terraform_data" "whole" {
  input = module.m
}

resource "terraform_data" "computed" {
  input = module.many[var.i].o
}

resource "terraform_data" "output" {
  input = [module.m.o, module.many[0].o]
}
