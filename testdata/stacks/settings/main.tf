terraform {
  required_version = ">= 1.3.0, < 2.0, != 1.4, ~> 1.11.0"
  required_providers {
    tc = {
      source                = "tencentcloudstack/tencentcloud"
      version               = "~> 1.81"
      configuration_aliases = [tc.other]
    }
    random = ">= 3.0"
  }
}

provider "tc" {
  region = "ap-guangzhou"
}

provider "tc" {
  alias  = "other"
  region = "ap-beijing"
}

resource "tencentcloud_vpc" "a" {
  provider   = tc
  name       = "a"
  cidr_block = "10.0.0.0/16"
}

resource "tencentcloud_vpc" "b" {
  provider   = tc.other
  name       = "b"
  cidr_block = "10.1.0.0/16"
}

module "net" {
  source    = "./net"
  providers = { clouds = tc.other }
}

output "o" {
  value = tencentcloud_vpc.a.name
}
