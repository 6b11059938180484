variable "cidr" {}

variable "name" {
  default   = "main"
  sensitive = true
}

resource "tencentcloud_vpc" "main" {
  name       = var.name
  cidr_block = var.cidr
  lifecycle {
    create_before_destroy = true
  }
}
