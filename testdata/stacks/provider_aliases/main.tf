provider "tencentcloud" {
  region = "ap-guangzhou"
}

provider "tencentcloud" {
  alias  = "beijing"
  region = "ap-beijing"
}

resource "tencentcloud_vpc" "here" {
  name       = "here"
  cidr_block = "10.0.0.0/16"
}

resource "tencentcloud_vpc" "there" {
  provider   = tencentcloud.beijing
  name       = "there"
  cidr_block = "10.0.0.0/16"
}

module "given" {
  source = "./m"
  providers = {
    tencentcloud = tencentcloud.beijing
  }
}

module "inherits" {
  source = "./m"
}

data "tencentcloud_availability_zones_by_product" "here" {
  product = "cvm"
}

data "tencentcloud_availability_zones_by_product" "there" {
  provider = tencentcloud.beijing
  product  = "cvm"
}

output "zones" {
  value = {
    here     = data.tencentcloud_availability_zones_by_product.here.zones[0].name
    there    = data.tencentcloud_availability_zones_by_product.there.zones[0].name
    given    = module.given.zone
    inherits = module.inherits.zone
  }
}
