locals {
  ids = { a = "id-a", b = "id-b" }
}

resource "terraform_data" "map" {
  for_each = local.ids
}

import {
  for_each = local.ids
  to       = terraform_data.map[each.key]
  id       = each.value
}

resource "terraform_data" "set" {
  for_each = toset(["x", "y"])
}

import {
  for_each = toset(["x", "y"])
  to       = terraform_data.set[each.value]
  id       = "set-${each.key}"
}

resource "terraform_data" "list" {
  count = 2
}

import {
  for_each = { zero = { at = 0 }, one = { at = 1 } }
  to       = terraform_data.list[each.value.at]
  id       = each.key
}

resource "terraform_data" "new" {
  for_each = toset(["a", "c"])
}

import {
  to = terraform_data.new[keys(local.ids)[0]]
  id = "new-${length("x")}"
}
