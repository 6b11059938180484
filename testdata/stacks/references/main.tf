variable "zone" {
  type    = string
  default = "ap-guangzhou-3"
}

locals {
  name = "shop"
  tags = { owner = local.name }
}

resource "tencentcloud_vpc" "main" {
  name       = "${local.name}-vpc"
  cidr_block = "10.0.0.0/16"
  tags       = local.tags
}

resource "tencentcloud_subnet" "main" {
  name              = "${local.name}-subnet"
  vpc_id            = tencentcloud_vpc.main.id
  availability_zone = var.zone
  cidr_block        = "10.0.1.0/24"
}

output "network" {
  value = {
    name   = tencentcloud_vpc.main.name
    inside = tencentcloud_subnet.main.vpc_id == tencentcloud_vpc.main.id
  }
}
