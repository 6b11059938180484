resource "terraform_data" "a" {
  input = "x"
  count = 1
}
resource "tencentcloud_vpc" "new" {
  name       = "n"
  cidr_block = "10.0.0.0/16"
}
moved {
  from = tencentcloud_vpc.old
  to   = tencentcloud_vpc.new
}
