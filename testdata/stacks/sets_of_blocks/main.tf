variable "ports" {}

resource "tencentcloud_address_extra_template" "t" {
  name = "t"

  dynamic "addresses_extra" {
    for_each = var.ports
    content {
      address = addresses_extra.value
    }
  }
}
