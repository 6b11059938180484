resource "terraform_data" "b" {
  input = "x"
  count = 1
}
resource "tencentcloud_vpc" "new" {
  name       = "n"
  cidr_block = "10.0.0.0/16"
}
moved {
  from = terraform_data.a
  to   = terraform_data.b
}
