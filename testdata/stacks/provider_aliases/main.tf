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
