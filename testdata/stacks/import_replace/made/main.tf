resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}
resource "tencentcloud_vpc" "second" {
  name       = "main"
  cidr_block = "10.1.0.0/16"
}
