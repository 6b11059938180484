resource "tencentcloud_eip" "a" {
  name = "a"
}

locals {
  number = tonumber(tencentcloud_eip.a.id)
}

resource "tencentcloud_vpc" "main" {
  name       = "main-${local.number}"
  cidr_block = "10.0.0.0/16"
}

resource "tencentcloud_subnet" "app" {
  vpc_id            = tencentcloud_vpc.main.id
  name              = "app"
  cidr_block        = "10.0.1.0/24"
  availability_zone = "ap-guangzhou-3"
}

output "vpc" {
  value = tencentcloud_vpc.main.id
}
