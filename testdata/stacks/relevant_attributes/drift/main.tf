resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}

resource "tencentcloud_subnet" "main" {
  name              = "main"
  vpc_id            = tencentcloud_vpc.main.id
  cidr_block        = cidrsubnet(tencentcloud_vpc.main.cidr_block, 8, 0)
  availability_zone = "ap-guangzhou-3"
}

output "subnet" {
  value = tencentcloud_subnet.main.id
}
