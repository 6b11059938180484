resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}

removed {
  from = tencentcloud_security_group.kept
  lifecycle {
    destroy = false
  }
}

resource "tencentcloud_security_group" "next" {
  name = "next"
}
