resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}

resource "tencentcloud_security_group" "kept" {
  name = "kept"
}

resource "tencentcloud_security_group" "gone" {
  name = "gone"
}
