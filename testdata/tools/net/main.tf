variable "vpc" {}

variable "name" {}

resource "tencentcloud_subnet" "main" {
  name              = "net-${var.name}"
  vpc_id            = var.vpc
  cidr_block        = "10.0.1.0/24"
  availability_zone = "ap-guangzhou-3"
}

output "subnet" {
  value = tencentcloud_subnet.main.id
}
