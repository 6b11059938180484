variable "vpc" {}

resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}

resource "terraform_data" "a" {
  count = 2
}

import {
  to = tencentcloud_vpc.main
  id = var.vpc
}

import {
  to = terraform_data.a[0]
  id = "first"
}

import {
  to = terraform_data.a[1]
  id = "second"
}
