resource "tencentcloud_vpc" "main" {
  name       = "one"
  cidr_block = "10.0.0.0/16"
  tags       = { kept = "1", changed = "1" }

  lifecycle {
    ignore_changes = [name, tags["kept"]]
  }
}
