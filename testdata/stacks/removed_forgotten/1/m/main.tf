resource "tencentcloud_vpc" "x" {
  name       = "x"
  cidr_block = "10.0.0.0/16"
}
module "n" {
  source = "./n"
}
