resource "terraform_data" "a" {
  count = 1
}

resource "terraform_data" "new" {}

import {
  to = terraform_data.a[0]
  id = terraform_data.new.id
}

import {
  to = terraform_data.missing
  id = "x"
}

module "m" {
  source = "./m"
}

import {
  to = module.m["k"].terraform_data.a
  id = "x"
}

resource "terraform_data" "b" {
  count = 1
}

import {
  to = terraform_data.b[1]
  id = "x"
}

resource "terraform_data" "c" {}

import {
  for_each = { x = 1, y = 2 }
  to       = terraform_data.c
  id       = each.key
}

resource "terraform_data" "d" {
  for_each = {}
}

import {
  for_each = toset([terraform_data.new.id])
  to       = terraform_data.d[each.key]
  id       = each.key
}
