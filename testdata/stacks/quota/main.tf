variable "n" {}

resource "tencentcloud_eip" "e" {
  count = var.n
  name  = "e-${count.index}"
}
