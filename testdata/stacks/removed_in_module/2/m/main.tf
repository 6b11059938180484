removed {
  from = tencentcloud_vpc.x
  lifecycle {
    destroy = false
  }
}
removed {
  from = tencentcloud_vpc.y
}
resource "terraform_data" "k" {
  input = "x"
}
