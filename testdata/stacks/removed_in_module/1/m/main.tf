resource "tencentcloud_vpc" "x" {
  name       = "x"
  cidr_block = "10.0.0.0/16"
}
resource "tencentcloud_vpc" "y" {
  name       = "y"
  cidr_block = "10.0.0.0/16"
}
resource "terraform_data" "k" {
  input = "x"
}
