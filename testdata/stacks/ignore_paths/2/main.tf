resource "tencentcloud_vpc" "main" {
  name       = "two"
  cidr_block = "10.0.0.0/16"
  tags       = { kept = "2", changed = "2" }

  lifecycle {
    ignore_changes = [name, tags["kept"]]
  }
}
