resource "tencentcloud_vcp" "a" {
  name = "x"
}

resource "tencentcloud_vpc" "b" {
  nam        = "x"
  cidr_block = "10.0.0.0/16"
}

resource "tencentcloud_subnet" "c" {
  name       = "c"
  vpc_id     = tencentcloud_vpc.bb.id
  cidr_block = "10.0.1.0/24"
}

resource "unheard_of" "d" {}

data "tencentcloud_vpcc" "e" {}

output "f" {
  value = var.g
}

output "h" {
  value = upperr("x")
}
