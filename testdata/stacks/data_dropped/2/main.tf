data "tencentcloud_availability_zones" "all" {
  count = 1
}
resource "terraform_data" "a" {
  input = "x"
}
