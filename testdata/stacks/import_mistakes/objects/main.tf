resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}

import {
  to = tencentcloud_vpc.main
  id = "vpc-none"
}

resource "null_resource" "n" {}

import {
  to = null_resource.n
  id = "x"
}

resource "random_uuid" "u" {}

import {
  to = random_uuid.u
  id = "x"
}
