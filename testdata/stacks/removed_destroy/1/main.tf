resource "tencentcloud_vpc" "a" {
  name       = "a"
  cidr_block = "10.0.0.0/16"
}
resource "tencentcloud_vpc" "k" {
  name       = "k"
  cidr_block = "10.0.0.0/16"
}
