resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}

module "net" {
  source = "./net"
  vpc    = tencentcloud_vpc.main.id
}

resource "terraform_data" "last" {
  input = module.net.id
}

data "tencentcloud_availability_zones_by_product" "zones" {
  product = "cvm"
}

output "zones" {
  value = length(data.tencentcloud_availability_zones_by_product.zones.zones) > 0
}
