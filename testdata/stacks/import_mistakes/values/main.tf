variable "secret" {
  default   = "x"
  sensitive = true
}

resource "terraform_data" "a" {
  count = 9
}

import {
  to = terraform_data.a[0]
  # Comments do not move places.
  id = ""
}
import {
  to = terraform_data.a[1]
  id = null
}
import {
  to = terraform_data.a[2]
  id = ["x"]
}
import {
  to = terraform_data.a[3]
  id = var.secret
}

import {
  to = terraform_data.a[-1]
  id = "x"
}

import {
  to = terraform_data.a[true]
  id = "x"
}

import {
  # A list has no keys.
  for_each = ["x"]
  to       = terraform_data.a[each.key]
  id       = "x"
}
