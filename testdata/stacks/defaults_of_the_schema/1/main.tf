resource "tencentcloud_eip" "e" {
  name = "e"
}
