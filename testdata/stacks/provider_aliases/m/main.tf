resource "tencentcloud_vpc" "in" {
  name       = "in"
  cidr_block = "10.0.0.0/16"
}

data "tencentcloud_availability_zones_by_product" "zones" {
  product = "cvm"
}

output "zone" {
  value = data.tencentcloud_availability_zones_by_product.zones.zones[0].name
}
