resource "terraform_data" "ids" {
  input = "kept"
}

module "one" {
  source = "./net"
  value  = "set"
}

module "many" {
  source   = "./net"
  for_each = toset(["a", "b"])
}

import {
  to = module.one.terraform_data.in
  id = "one-${terraform_data.ids.output}"
}

import {
  for_each = toset(["a"])
  to       = module.many[each.key].terraform_data.in
  id       = "${each.key}-${terraform_data.ids.output}"
}
