resource "tencentcloud_vpc" "main" {
  name       = "one"
  cidr_block = "10.0.0.0/16"
}

data "tencentcloud_availability_zones_by_product" "now" {
  product = "cvm"
}

data "tencentcloud_vpc_instances" "later" {
  vpc_id = tencentcloud_vpc.main.id
}

output "later" {
  value = data.tencentcloud_vpc_instances.later.vpc_id == tencentcloud_vpc.main.id
}
