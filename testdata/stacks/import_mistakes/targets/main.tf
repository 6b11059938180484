resource "terraform_data" "one" {}

resource "terraform_data" "many" {
  count = 1
}

resource "terraform_data" "each" {
  for_each = { k = 1 }
}

module "m" {
  source = "./m"
}

import {
  to = terraform_data.one[0]
  id = "x"
}

import {
  to = terraform_data.many
  id = "x"
}

import {
  to = terraform_data.many["k"]
  id = "x"
}

import {
  for_each = { k = 1 }
  to       = terraform_data.each
  id       = "x"
}

import {
  to = terraform_data.each[0]
  id = "x"
}

import {
  to = module.missing.terraform_data.a
  id = "x"
}

import {
  to = module.m.terraform_data.missing
  id = "x"
}

import {
  for_each = { k = 1 }
  to       = terraform_data.one[each.key]
  id       = "x"
}
