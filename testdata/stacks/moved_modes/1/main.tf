resource "terraform_data" "a" {
  input = "x"
}
resource "tencentcloud_vpc" "old" {
  name       = "n"
  cidr_block = "10.0.0.0/16"
}
