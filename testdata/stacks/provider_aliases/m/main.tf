resource "tencentcloud_vpc" "in" {
  name       = "in"
  cidr_block = "10.0.0.0/16"
}
