variable "vpc" {}

variable "second" {}

resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.7.0.0/16"
  lifecycle {
    prevent_destroy = true
  }
}

import {
  to = tencentcloud_vpc.main
  id = var.vpc
}
