provider "tencentcloud" {
  region = "ap-guangzhou"
}

provider "tencentcloud" {
  alias  = "beijing"
  region = "ap-beijing"
}

resource "tencentcloud_vpc" "there" {
  provider   = tencentcloud.beijing
  name       = "there"
  cidr_block = "10.0.0.0/16"
}
