variable "name" {
  type = string
}

variable "cidr" {
  type = string
}

resource "tencentcloud_vpc" "main" {
  name       = var.name
  cidr_block = var.cidr
}

output "name" {
  value = tencentcloud_vpc.main.name
}
