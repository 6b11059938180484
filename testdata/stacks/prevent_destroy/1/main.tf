variable "n" {}
variable "cidr" {}

resource "tencentcloud_vpc" "main" {
  count      = var.n
  name       = "main"
  cidr_block = var.cidr

  lifecycle {
    prevent_destroy = true
  }
}
