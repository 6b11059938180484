resource "tencentcloud_eip" "e" {
  name                       = "e"
  internet_max_bandwidth_out = 20
}
