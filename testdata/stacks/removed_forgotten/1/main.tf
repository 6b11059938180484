resource "tencentcloud_vpc" "a" {
  count      = 2
  name       = "n"
  cidr_block = "10.0.0.0/16"
}
module "m" {
  source = "./m"
}
