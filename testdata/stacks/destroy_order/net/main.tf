variable "vpc" {}

resource "tencentcloud_subnet" "s" {
  name              = "s"
  vpc_id            = var.vpc
  cidr_block        = "10.0.1.0/24"
  availability_zone = "ap-guangzhou-3"
}

output "id" {
  value = tencentcloud_subnet.s.id
}
