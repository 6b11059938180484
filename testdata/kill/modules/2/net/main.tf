variable "number" {
  type = number
}

resource "tencentcloud_vpc" "main" {
  name       = "net-${var.number}"
  cidr_block = "10.${var.number}.0.0/16"
}

resource "tencentcloud_subnet" "main" {
  name              = "net-${var.number}"
  vpc_id            = tencentcloud_vpc.main.id
  availability_zone = "ap-guangzhou-3"
  cidr_block        = "10.${var.number}.1.0/24"
}

output "subnet" {
  value = tencentcloud_subnet.main.id
}
