variable "vpc" {}

resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}

resource "tencentcloud_vpc" "other" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}

import {
  to = tencentcloud_vpc.main
  id = var.vpc
}

import {
  to = tencentcloud_vpc.other
  id = var.vpc
}
