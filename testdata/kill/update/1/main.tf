resource "tencentcloud_vpc" "main" {
  name       = "one"
  cidr_block = "10.0.0.0/16"
  tags       = { stage = "test" }
}

resource "tencentcloud_security_group" "main" {
  name        = "group"
  description = "of ${tencentcloud_vpc.main.name}"
}

resource "tencentcloud_eip" "main" {
  name = "test"
  tags = { vpc = tencentcloud_vpc.main.id }
}
