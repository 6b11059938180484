resource "terraform_data" "a" {
}

import {
  to = terraform_data.a
  id = "x"
}

import {
  to = terraform_data.a
  id = "y"
}
import {
  id = "x"
}
import {
  to = terraform_data.a
}
import {
  to   = terraform_data.b
  id   = "x"
  name = "x"
}

import {
  to = data.random_id.a
  id = "x"
}
import {
  to = module.net
  id = "x"
}
import {
  to = "terraform_data.a"
  id = "x"
}
import {
  to = terraform_data.c.id
  id = "x"
}

import {
  to = terraform_data.d[each.key]
  id = "x"
}
import {
  to       = terraform_data.many[1]
  id       = "x"
  provider = terraform
}

import {
  to       = module.net.terraform_data.x
  id       = "x"
  provider = terraform
}

import {
  to = terraform_data.e
  id = local.missing
}

import {
  to       = terraform_data.f
  id       = "x"
  provider = terraform.missing
}

module "net" {
  source = "./net"
}

resource "terraform_data" "many" {
  count = 2
}
