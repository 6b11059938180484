provider "tencentcloud" {
  region = "ap-guangzhou"
}
resource "tencentcloud_instance" "main" {
  availability_zone = "ap-guangzhou-3"
  image_id          = "img-00000001"
}
resource "tencentcloud_kubernetes_cluster" "main" {
  worker_config {
    availability_zone = "ap-guangzhou-3"
    instance_type     = "S5.MEDIUM2"
    subnet_id         = "subnet-1"
    img_id            = "img-00000002"
  }
}
