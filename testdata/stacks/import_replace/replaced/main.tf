variable "vpc" {}

variable "second" {}

resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.7.0.0/16"
}

resource "tencentcloud_vpc" "second" {
  name       = "main"
  cidr_block = "10.8.0.0/16"
  lifecycle {
    create_before_destroy = true
  }
}

import {
  to = tencentcloud_vpc.main
  id = var.vpc
}

import {
  to = tencentcloud_vpc.second
  id = var.second
}
